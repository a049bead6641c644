import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { pulumiEnvironment } from "../../tools/stand-ins/engine/environment";
import { languageHostVariable, ourLanguageHost } from "../../tools/stand-ins/engine/language-host";
import { resolveEngine, type Source } from "../../tools/stand-ins/engine/resolve";
import { isSupported, parseVersion, pinnedVersion } from "../../tools/stand-ins/engine/version";

const folder = mkdtempSync(join(tmpdir(), "pgpartition-engine-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A machine of its own: an empty cache, and on PATH only the scripts given. */
function machine(name: string, programs: Readonly<Record<string, string>>) {
  const root = join(folder, name);
  const bin = join(root, "bin");
  mkdirSync(bin, { recursive: true });
  for (const [program, script] of Object.entries(programs)) {
    writeFileSync(join(bin, program), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, program), 0o755);
  }
  const lines: string[] = [];
  return {
    root,
    bin,
    lines,
    say: (line: string) => void lines.push(line),
    env: { PATH: bin, XDG_CACHE_HOME: join(root, "cache") },
  };
}

const offline: readonly Source[] = ["path", "cache", "build"];

describe("version of the CLI", () => {
  it.each([
    ["v3.250.0\n", "3.250.0"],
    ["3.251.0-dev.0+abc", "3.251.0-dev.0"],
    ["v3.250.0\nwarning: A new version is available", "3.250.0"],
    ["command not found", undefined],
  ])("reads %j as %s", (text, version) => expect(parseVersion(text)).toBe(version));

  it.each([
    ["3.199.9", false],
    ["3.200.0", true],
    [pinnedVersion, true],
    ["3.999.0-dev.1", true],
    ["4.0.0", false],
    ["2.25.0", false],
  ])("takes %s: %s", (version, taken) => expect(isSupported(version)).toBe(taken));
});

describe("resolving the CLI", () => {
  it("takes a supported one from PATH before anything else", async () => {
    const { env, say, bin, lines } = machine("supported", { pulumi: "echo v3.230.1" });
    expect(await resolveEngine({ env, say })).toEqual({
      command: join(bin, "pulumi"),
      version: "3.230.1",
      source: "path",
      languageHost: "path",
    });
    expect(lines).toEqual([]);
  });

  it("passes over an unsupported one on PATH and reports it", async () => {
    const { env, say, bin, lines } = machine("unsupported", { pulumi: "echo v3.100.0" });
    await expect(resolveEngine({ env, say, sources: offline })).rejects.toThrow("no Pulumi CLI can be had here");
    expect(lines).toEqual([`${join(bin, "pulumi")} is 3.100.0, supported are >=3.200.0 <4: looking for another`]);
  });

  it("ends with one error that names what to install without Go and network", async () => {
    const { env, say, root } = machine("nothing", {});
    await expect(resolveEngine({ env, say, sources: offline })).rejects.toThrow(
      [
        "no Pulumi CLI can be had here:",
        "  path: pulumi is not on PATH",
        `  cache: nothing in ${join(root, "cache", "pulumi-pgpartition", "engine", pinnedVersion)}`,
        "  build: go is not on PATH",
        "Install Pulumi >=3.200.0 <4 (https://www.pulumi.com/docs/install/), or Go 1.25.11 or newer " +
          "(https://go.dev/dl/) with access to a Go module proxy, and run the command again.",
      ].join("\n"),
    );
  });

  it("refuses a Go that is too old", async () => {
    const { env, say } = machine("old-go", { go: "echo go version go1.21.3 linux/amd64" });
    await expect(resolveEngine({ env, say, sources: offline })).rejects.toThrow(
      "is go1.21.3, Go 1.25.11 or newer is needed",
    );
  });

  it("builds once for two that ask at the same time, and then takes it from the cache", async () => {
    const { env, say, root } = machine("build", { go: fakeGo(join(folder, "build", "calls")) });
    const withTools = { ...env, PATH: `${env.PATH}:/usr/bin:/bin` };
    const options = { env: withTools, say, sources: offline };
    const [one, other] = await Promise.all([resolveEngine(options), resolveEngine(options)]);
    expect(readFileSync(join(root, "calls"), "utf8")).toBe("build\n");
    expect(other.command).toBe(one.command);
    expect(one.languageHost).toBe("beside");
    expect((await resolveEngine({ ...options, sources: ["cache"] })).source).toBe("cache");
    expect(readdirSync(join(root, "cache", "pulumi-pgpartition", "engine"))).toEqual([pinnedVersion]);
  });

  it("reports a failed build with the compiler's last lines and leaves nothing half-made", async () => {
    const { env, say, root } = machine("broken", { go: failingGo });
    await expect(resolveEngine({ env, say, sources: offline })).rejects.toThrow(/go build failed:\nundefined: x/);
    expect(existsSync(join(root, "cache", "pulumi-pgpartition", "engine", pinnedVersion))).toBe(false);
  });
});

describe("environment of the CLI", () => {
  const engine = { command: "/opt/pulumi/bin/pulumi", version: pinnedVersion, source: "path" } as const;

  it("leaves everything alone that the caller has set", () => {
    const given = {
      PULUMI_BACKEND_URL: "s3://b",
      PULUMI_CONFIG_PASSPHRASE_FILE: "/p",
      PULUMI_SKIP_UPDATE_CHECK: "false",
    };
    const env = pulumiEnvironment({ ...engine, languageHost: "official" }, given);
    expect(env).toMatchObject(given);
    expect(env["PULUMI_CONFIG_PASSPHRASE"]).toBeUndefined();
    expect(env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"]).toBeUndefined();
  });

  it("puts our language host at the end of PATH only where nothing else finds it", () => {
    const path = (languageHost: "official" | "beside" | "path") =>
      pulumiEnvironment({ ...engine, languageHost }, { PATH: "/bin", PULUMI_BACKEND_URL: "s3://b" })["PATH"];
    expect(path("official")).toBe("/opt/pulumi/bin:/bin");
    expect(path("beside")).toBe("/opt/pulumi/bin:/bin");
    expect(path("path")).toBe(`/opt/pulumi/bin:/bin:${join(ourLanguageHost, "..")}`);
    expect(
      pulumiEnvironment({ ...engine, languageHost: "beside" }, { PULUMI_BACKEND_URL: "s3://b" })[languageHostVariable],
    ).toBe(ourLanguageHost);
  });
});

/** Answers "version", and "build … -o <file> …" by writing that file, slowly enough for a second one to arrive. */
function fakeGo(calls: string): string {
  return `
if [ "$1" = version ]; then echo go version go1.26.0 linux/amd64; exit; fi
echo build >> "${calls}"
sleep 0.5
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho v${pinnedVersion}\\n' > "$2"
chmod +x "$2"`;
}

const failingGo = `
if [ "$1" = version ]; then echo go version go1.26.0 linux/amd64; exit; fi
echo "go: downloading example.com/x v1" >&2
echo "undefined: x" >&2
exit 1`;
