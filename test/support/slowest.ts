// Prints the slowest tests at the end of a run, so that the time the suite takes stays in sight.
import type { Reporter, TestModule } from "vitest/node";

const shown = 20;
/** Below this nobody gains from knowing. */
const dullMs = 100;

export default class Slowest implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules
      .flatMap((module) => [...module.children.allTests()].map((test) => ({ module, test })))
      .map(({ module, test }) => ({
        ms: Math.round(test.diagnostic()?.duration ?? 0),
        name: `${module.relativeModuleId} > ${test.fullName}`,
      }))
      .filter(({ ms }) => ms >= dullMs)
      .sort((one, other) => other.ms - one.ms)
      .slice(0, shown);
    if (tests.length === 0) return;
    console.log(`\nslowest tests:\n${tests.map(({ ms, name }) => `${String(ms).padStart(7)} ms  ${name}`).join("\n")}`);
  }
}
