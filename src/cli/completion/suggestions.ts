/** What may come next: names, each with what it is, and whether files may too. */
export interface Suggestions {
  names: [name: string, description?: string][];
  files: boolean;
}
