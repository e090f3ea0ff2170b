/** The executable of native/, embedded into ours; the default export is the path to read it from. */
declare module '*/dist/tug-shim' {
  const path: string;
  export default path;
}
