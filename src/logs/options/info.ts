/** What a log driver is told of the container whose lines it gets. */
export interface LogInfo {
  options: Record<string, string>;
  id: string;
  /** Without a slash. */
  name: string;
  path: string;
  args: string[];
  imageId: string;
  imageName: string;
  /** RFC 3339. */
  created: string;
  env: string[];
  labels: Record<string, string>;
}
