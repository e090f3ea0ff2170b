import { quote } from '../text/quote.ts';

export interface Rule {
  readonly description: string;
  /** The last part of the address of Docker's page about it. */
  readonly page?: string;
  /** Reported only where it is asked for. */
  readonly experimental?: boolean;
}

/** Every build check of frontend 1.26, by name. */
export const rules = {
  StageNameCasing: { description: 'Stage names should be lowercase', page: 'stage-name-casing' },
  FromAsCasing: {
    description: "The 'as' keyword should match the case of the 'from' keyword",
    page: 'from-as-casing',
  },
  NoEmptyContinuation: {
    description: 'Empty continuation lines will become errors in a future release',
    page: 'no-empty-continuation',
  },
  ConsistentInstructionCasing: {
    description: 'All commands within the Dockerfile should use the same casing (either upper or lower)',
    page: 'consistent-instruction-casing',
  },
  DuplicateStageName: { description: 'Stage names should be unique', page: 'duplicate-stage-name' },
  ReservedStageName: {
    description: 'Reserved words should not be used as stage names',
    page: 'reserved-stage-name',
  },
  JSONArgsRecommended: {
    description: 'JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals',
    page: 'json-args-recommended',
  },
  MaintainerDeprecated: {
    description: 'The MAINTAINER instruction is deprecated, use a label instead to define an image author',
    page: 'maintainer-deprecated',
  },
  UndefinedArgInFrom: { description: 'FROM command must use declared ARGs', page: 'undefined-arg-in-from' },
  WorkdirRelativePath: {
    description:
      'Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes',
    page: 'workdir-relative-path',
  },
  UndefinedVar: { description: 'Variables should be defined before their use', page: 'undefined-var' },
  MultipleInstructionsDisallowed: {
    description: 'Multiple instructions of the same type should not be used in the same stage',
    page: 'multiple-instructions-disallowed',
  },
  LegacyKeyValueFormat: {
    description: 'Legacy key/value format with whitespace separator should not be used',
    page: 'legacy-key-value-format',
  },
  InvalidBaseImagePlatform: { description: 'Base image platform does not match expected target platform' },
  RedundantTargetPlatform: {
    description: 'Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
    page: 'redundant-target-platform',
  },
  SecretsUsedInArgOrEnv: {
    description: 'Sensitive data should not be used in the ARG or ENV commands',
    page: 'secrets-used-in-arg-or-env',
  },
  InvalidDefaultArgInFrom: {
    description: 'Default value for global ARG results in an empty or invalid base image name',
    page: 'invalid-default-arg-in-from',
  },
  FromPlatformFlagConstDisallowed: {
    description: 'FROM --platform flag should not use a constant value',
    page: 'from-platform-flag-const-disallowed',
  },
  CopyIgnoredFile: {
    description: 'Attempting to Copy file that is excluded by .dockerignore',
    page: 'copy-ignored-file',
  },
  InvalidDefinitionDescription: {
    description:
      'Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.',
    page: 'invalid-definition-description',
    experimental: true,
  },
  ExposeProtoCasing: {
    description: 'Protocol in EXPOSE instruction should be lowercase',
    page: 'expose-proto-casing',
  },
  ExposeInvalidFormat: {
    description:
      'IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release',
    page: 'expose-invalid-format',
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;

/** What a finding says. */
export const messages = {
  stageNameCasing: (name: string) => `Stage name '${name}' should be lowercase`,
  fromAsCasing: (from: string, as: string) => `'${as}' and '${from}' keywords' casing do not match`,
  noEmptyContinuation: () => 'Empty continuation line',
  instructionCasing: (word: string, casing: string) =>
    `Command '${word}' should match the case of the command majority (${casing})`,
  duplicateStageName: (name: string) => `Duplicate stage name ${quote(name)}, stage names should be unique`,
  reservedStageName: (name: string) => `Stage name should not use the same name as reserved stage ${quote(name)}`,
  jsonArgs: (word: string) =>
    `JSON arguments recommended for ${word} to prevent unintended behavior related to OS signals`,
  maintainer: () => 'Maintainer instruction is deprecated in favor of using label',
  undefinedArgInFrom: (name: string, meant?: string) =>
    `FROM argument '${name}' is not declared${meant ? ` (did you mean ${meant}?)` : ''}`,
  relativeWorkdir: (path: string) =>
    `Relative workdir ${quote(path)} can have unexpected results if the base image changes`,
  undefinedVar: (name: string, meant?: string) =>
    `Usage of undefined variable '$${name}'${meant ? ` (did you mean $${meant}?)` : ''}`,
  multiple: (word: string) =>
    `Multiple ${word} instructions should not be used in the same stage because only the last one will be used`,
  legacyPair: (word: string) => `"${word} key=value" should be used instead of legacy "${word} key value" format`,
  basePlatform: (image: string, expected: string, actual: string) =>
    `Base image ${image} was pulled with platform ${quote(actual)}, expected ${quote(expected)} for current build`,
  redundantPlatform: (written: string) =>
    `Setting platform to predefined ${written} in FROM is redundant as this is the default behavior`,
  secret: (word: string, key: string) =>
    `Do not use ARG or ENV instructions for sensitive data (${word} ${quote(key)})`,
  defaultArgInFrom: (base: string) => `Default value for ARG ${base} results in empty or invalid base image name`,
  constantPlatform: (platform: string) => `FROM --platform flag should not use constant value ${quote(platform)}`,
  ignoredFile: (word: string, file: string) =>
    `Attempting to ${word} file ${quote(file)} that is excluded by .dockerignore`,
  description: (word: string, name: string) =>
    `Comment for ${word} should follow the format: \`# ${name} <description>\``,
  protoCasing: (port: string) => `Defined protocol '${port}' in EXPOSE instruction should be lowercase`,
  exposeFormat: (port: string) =>
    `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`,
};
