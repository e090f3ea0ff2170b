/** What only a container has, as Docker writes it where nothing is said. */
export const emptyContainerFields = {
  Hostname: '',
  Domainname: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Image: '',
};

/** A whole configuration that says nothing, as Docker writes it: null is its way to, which the published types leave out. */
export const emptyConfig = {
  ...emptyContainerFields,
  User: '',
  Env: null,
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
};
