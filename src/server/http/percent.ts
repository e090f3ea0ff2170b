/** The first `%` that no two hexadecimal digits follow, with what follows. */
export function wrongEscape(text: string): string | undefined {
  return /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text)?.[0];
}

/** Part of a head, whose bytes come as latin1, as the text it stands for; bytes that are no UTF-8 come out as U+FFFD. */
export function percentDecode(text: string): string {
  const bytes = text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
