/** The path of the thread's program, also within the executable. */
declare const path: string;
export default path;
