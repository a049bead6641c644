// A process of its own: stores a file, says so after the first part, and then does nothing any more, until it is killed.
import { openStore } from "../../../archive/store/open";
import { QUICK } from "./limits";

const [settings = "", key = "", content = ""] = process.argv.slice(2);
const store = openStore(JSON.parse(settings) as { to: string }, QUICK);

const onSent = (): void => {
  process.stdout.write("sent\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};

store.put(key, JSON.parse(content) as { path: string; bytes: number; sha256: string }, { onSent }).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(String(error));
    process.exit(1);
  },
);
