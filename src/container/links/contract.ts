/** Another container under a name of one's own, on the default bridge: what `--link child:alias` makes. */
export interface Link {
  child: string;
  /** The child's when the link was made, for when it has gone. */
  name: string;
  alias: string;
}
