export interface BundleOptions {
  /** Modules that stay outside, in addition to those that always do. */
  readonly external?: readonly string[];
  readonly define?: Readonly<Record<string, string>>;
  readonly supported?: Readonly<Record<string, boolean>>;
  readonly sourcemap?: boolean;
  readonly sourcesContent?: boolean;
}

/** Bundles a program into one file. Both paths are relative to the repository, or absolute. Throws when it cannot be built. */
export function bundle(entry: string, out: string, options?: BundleOptions): Promise<void>;

/** Writes the `pulumi-resource-<name>` that the engine starts: Node.js with a program and the engine's own arguments. */
export function pluginScript(path: string, command: readonly string[]): Promise<void>;
