Bun.serve({ port: 8080, fetch: (): Response => new Response(`Bun ${Bun.version}, built`) });
process.on('SIGTERM', () => process.exit(0));
