/** One invocation of both programs; `{}` stands for a container of their own, `$` for the shared one that runs. */
export interface Case {
  line: string;
  stdin?: string;
  /** Ids, random names and sizes differ between two runs: only the shape is compared. */
  volatile?: boolean;
  /** The lines come in an order of chance. */
  unordered?: boolean;
  /**
   * Why the two engines answer this differently. Both programs then speak to the peer, so that the program's own words
   * are compared all the same.
   */
  engines?: string;
  /** It asks for what was until now, which both programs send in whole seconds: the present second is waited for. */
  past?: boolean;
  /** Variables of this invocation alone. */
  env?: Record<string, string>;
}

/** A case's words: spaces part them, `~` is a space within one. */
export function words(line: string, names: { own: string; shared: string; image: string }): string[] {
  return line.split(' ').map((word) =>
    word
      .replaceAll('{}', names.own)
      .replaceAll('IMAGE', names.image)
      .replaceAll('~', ' ')
      .replace(/^\$(?=$|:)/, names.shared),
  );
}

const own = 'an engine has paths, addresses and a version of its own';

/** The lines that two engines answer differently, and why. */
const engines: Record<string, string> = {
  'inspect $': own,
  'container inspect $': own,
  'inspect --format json $': own,
  'inspect $ nosuch': own,
  'inspect IMAGE': own,
  'image inspect IMAGE': own,
  'inspect -f {{json~.Config}} $': 'keys have another order',
  'volume ls --format json -f name=cli-shared': own,
  'volume inspect cli-shared': own,
  'version -f {{.Server.Version}}': own,
};

/** A line as a case. */
export function toCase(line: string): Case {
  const reason = Object.hasOwn(engines, line) ? engines[line] : undefined;
  return reason === undefined ? { line } : { line, engines: reason };
}
