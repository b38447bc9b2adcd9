/** Signals by which a person ends the demo, with the exit status that a shell expects. */
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Resolves with a status when such a signal arrives. From then on they are
 * ignored: a second Ctrl-C must not leave a server or a user behind.
 */
export function interruption(): Promise<number> {
  return new Promise((resolve) => {
    for (const [signal, status] of Object.entries(signals)) {
      process.on(signal, () => resolve(status));
    }
  });
}
