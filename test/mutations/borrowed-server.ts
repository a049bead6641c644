// The global setup of a run in a copy of the sources: its bundles, and the server of the run that asks for it.
import type { TestProject } from "vitest/node";
import { buildTestBundles } from "../support/harness/bundle";
import { startHosts } from "../support/harness/hosts";
import type { TestServer } from "../support/servers";

/** What such a run is told, in JSON. */
export interface Borrowed {
  readonly server: TestServer;
  readonly runsPlugins: boolean;
}

/** Name of the variable that has it. */
export const BORROWED = "PGPARTITION_TEST_BORROWED";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { server, runsPlugins } = JSON.parse(process.env[BORROWED] ?? "") as Borrowed;
  project.provide("servers", [server]);
  if (!runsPlugins) return () => Promise.resolve();
  await buildTestBundles();
  const hosts = await startHosts(1);
  project.provide("pluginHosts", hosts.ports);
  return hosts.stop;
}
