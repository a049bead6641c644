// Versions of the Pulumi CLI that this project works with.

/** Tested version: the one built or installed here. The clone's npm `@pulumi/pulumi` is the last whose engines allow Node 20. */
export const pinnedVersion = "3.250.0";

/** Oldest version: 3.200.0 has the language and policy protocol that the project's Pulumi.yaml relies on; 4 may break it. */
const oldestMinor = 200;
const supportedMajor = 3;

export const supportedRange = `>=${String(supportedMajor)}.${String(oldestMinor)}.0 <${String(supportedMajor + 1)}`;

/** Reads "v3.250.0", "3.251.0-dev.0+abc" or `pulumi version` with a line after it; undefined when it is no version. */
export function parseVersion(text: string): string | undefined {
  return /^v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)/.exec(text.trim())?.[1];
}

export function isSupported(version: string): boolean {
  const [major, minor] = version.split(".").map(Number);
  return major === supportedMajor && minor !== undefined && minor >= oldestMinor;
}
