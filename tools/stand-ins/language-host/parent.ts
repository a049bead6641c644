// Ends this process when the engine that started it is gone, for whatever reason.

const pollMs = 500;

export function exitWithParent(): void {
  const parent = process.ppid;
  // The kernel gives orphans another parent, also after a kill of the engine that no message announces.
  const timer = setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, pollMs);
  timer.unref();
}
