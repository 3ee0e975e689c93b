// Loaded before Azurite: ends it, cleanly, when whoever started it closes its end of standard input or dies.
process.stdin.resume();
process.stdin.on("close", () => {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.exit(1), 5000).unref();
});
