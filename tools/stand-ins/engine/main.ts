// `npm run engine`: provides a Pulumi CLI and prints its path.
import { resolveEngine } from "./resolve";

resolveEngine().then(
  (engine) => console.log(`${engine.command} ${engine.version} (${engine.source})`),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
