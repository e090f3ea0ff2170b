const truths = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const lies = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/** The truth of what Go's strconv.ParseBool takes for one; undefined otherwise. */
export function truthOf(text: string): boolean | undefined {
  return truths.includes(text) ? true : lies.includes(text) ? false : undefined;
}

/** What Go says of a text that is none. */
export function noTruth(text: string): string {
  return `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`;
}
