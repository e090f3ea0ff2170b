/** A file that a container has in memory alone: no layer, log or answer of the engine shows what is in it. */
export interface Secret {
  /** Its name; the file is `/run/secrets/ID` unless there is a target. */
  id: string;
  /** base64 */
  data: string;
  /** A path within the container; one that is not absolute lies in /run/secrets. */
  target?: string;
  /** Of the file, within the container; root's unless told. */
  uid?: number;
  gid?: number;
  /** Permission bits, 0444 unless told. */
  mode?: number;
}
