/** Refuses to go on where signatures were asked for: what is not verified must not seem so. */
export function refuseTrust(
  flags: { 'disable-content-trust': boolean },
  given: Set<string>,
  env: Record<string, string | undefined>,
): void {
  const fromEnv = env.DOCKER_CONTENT_TRUST ? !/^(0|f|F|false|FALSE|False)$/.test(env.DOCKER_CONTENT_TRUST) : false;
  const wanted = given.has('disable-content-trust') ? !flags['disable-content-trust'] : fromEnv;
  if (wanted) throw new Error('content trust is not supported: signatures of images are neither made nor verified');
}
