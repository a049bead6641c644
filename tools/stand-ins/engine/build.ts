// Builds the Pulumi CLI from the Go module proxy, for machines that reach package registries and nothing else.
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "../../paths";
import { findExecutable, outputOf } from "./executables";
import { linkLanguageHost } from "./language-host";
import { pinnedVersion } from "./version";

/** One tools module for each tool, because their dependency versions do not agree; go.sum is complete. */
const toolsModule = join(repositoryRoot, "tools", "stand-ins", "engine", "go");

/** Go version that go.mod of github.com/pulumi/pulumi/pkg/v3 3.250.0 requires. */
export const oldestGo = { minor: 25, text: "1.25.11" };

const progressMs = 30_000;

/** Returns the reason why it cannot be built here, if any. */
export async function cannotBuild(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const go = findExecutable("go", env["PATH"]);
  if (go === undefined) return "go is not on PATH";
  const found = /go1\.(\d+)\S*/.exec((await outputOf(go, ["version"], env)) ?? "");
  if (found === null) return `${go} does not answer "go version"`;
  if (Number(found[1]) < oldestGo.minor) return `${go} is ${found[0]}, Go ${oldestGo.text} or newer is needed`;
  return undefined;
}

/** Builds `<folder>/bin/pulumi`, reporting from time to time how long it has taken. */
export async function buildEngine(folder: string, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  const bin = join(folder, "bin");
  await mkdir(bin, { recursive: true });
  const started = process.hrtime.bigint();
  const seconds = (): string => String((process.hrtime.bigint() - started) / 1_000_000_000n);
  say(`building Pulumi ${pinnedVersion} from the Go module proxy, once: about 3.5 minutes on 2 cores`);
  const progress = setInterval(() => say(`building Pulumi ${pinnedVersion}: ${seconds()} s`), progressMs);
  try {
    await runGo(join(bin, "pulumi"), env);
    linkLanguageHost(bin);
  } finally {
    clearInterval(progress);
  }
  say(`built Pulumi ${pinnedVersion} in ${seconds()} s`);
}

function runGo(output: string, env: NodeJS.ProcessEnv): Promise<void> {
  const version = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pinnedVersion}`;
  const args = ["build", "-mod=readonly", "-buildvcs=false", "-tags", "osusergo,grpcnotrace", "-ldflags", version];
  // GOFLAGS is emptied because a user's -mod=mod or -tags would build an untested program.
  const child = spawn("go", [...args, "-o", output, "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"], {
    cwd: toolsModule,
    env: { ...env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  // A first build prints hundreds of lines "go: downloading"; only the end of the others helps.
  let errors = "";
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => {
    errors = (errors + text).slice(-20_000);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`go build failed:\n${lastLines(errors)}`));
    });
  });
}

function lastLines(text: string): string {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("go: downloading"));
  return lines.slice(-8).join("\n");
}
