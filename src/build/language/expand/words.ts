import { isSpace } from '../../../kit/index.ts';

/** The letters of the word that is being read. A reading inside of `${…}` begins it anew, as BuildKit does. */
export interface WordBuffer {
  word: string;
}

/** Collects the words of what is expanded: blanks part them, unless they come raw (quoted or escaped). */
export class WordCollector {
  readonly #words: string[] = [];
  readonly #buffer: WordBuffer;

  constructor(buffer: WordBuffer) {
    this.#buffer = buffer;
    buffer.word = '';
  }

  addLetter(letter: string): void {
    if (!isSpace(letter)) this.#buffer.word += letter;
    else this.#end();
  }

  addText(text: string): void {
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      if (!isSpace(text[at] ?? '')) continue;
      this.addRaw(text.slice(from, at));
      this.#end();
      from = at + 1;
    }
    this.addRaw(text.slice(from));
  }

  addRaw(text: string): void {
    this.#buffer.word += text;
  }

  words(): string[] {
    this.#end();
    return this.#words;
  }

  #end(): void {
    if (this.#buffer.word !== '') this.#words.push(this.#buffer.word);
    this.#buffer.word = '';
  }
}
