// Ends this process when the engine that started it is gone, however it went.

const pollMs = 500;

export function exitWithParent(): void {
  const parent = process.ppid;
  // The kernel gives orphans another parent; that is seen also where the engine was killed and could not say so.
  const timer = setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, pollMs);
  timer.unref();
}
