/** The one entry of the executable: `daemon` is the engine, everything else is the command line. */
async function entry(argv: string[]): Promise<number> {
  if (argv[0] === 'daemon') {
    const daemon = await import('./daemon.ts');
    return daemon.main(argv.slice(1));
  }
  const { main } = await import('./cli/index.ts');
  return main(argv, programName());
}

function programName(): string {
  return /(^|\/)docker$/.test(process.argv0) ? 'docker' : 'tug';
}

void entry(process.argv.slice(2)).then((code) => process.exit(code));
