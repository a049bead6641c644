// `npm run engine`: makes sure that a Pulumi CLI is there and prints where.
import { resolveEngine } from "./resolve";

resolveEngine().then(
  (engine) => console.log(`${engine.command} ${engine.version} (${engine.source})`),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
