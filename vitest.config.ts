import { defineConfig } from "vitest/config";

interface Options {
  readonly exclude?: string[];
  readonly timeoutMs?: number;
  /** Runs once before the project's files, and may provide values to them. */
  readonly globalSetup?: string;
  /** One file after the other: they share something, or count a CPU's time. */
  readonly serial?: boolean;
}

const project = (name: string, include: string[], options: Options = {}) => ({
  test: {
    name,
    include,
    exclude: options.exclude ?? [],
    testTimeout: options.timeoutMs ?? 5_000,
    hookTimeout: options.timeoutMs ?? 5_000,
    fileParallelism: options.serial !== true,
    ...(options.globalSetup !== undefined && { globalSetup: options.globalSetup }),
  },
});

/** One project for each lane of scripts/test.mjs; a file belongs to exactly one. */
export default defineConfig({
  test: {
    projects: [
      project("units", ["extension/**/*.test.ts", "test/*.test.ts", "test/protocol/**/*.test.ts"], {
        exclude: ["**/*.ssh.test.ts", "test/packaging.test.ts"],
      }),
      project("ssh", ["extension/**/*.ssh.test.ts"], { timeoutMs: 60_000 }),
      project("packaging", ["test/packaging.test.ts"], { timeoutMs: 60_000 }),
      project("contract", ["test/contract/**/*.test.ts"], {
        timeoutMs: 60_000,
        globalSetup: "test/contract/support/globalSetup.mjs",
      }),
      project("webview", ["test/webview/**/*.test.ts"], {
        timeoutMs: 60_000,
        globalSetup: "test/webview/support/globalSetup.mjs",
        serial: true,
      }),
      project("sampler", ["test/sampler/**/*.test.ts"], {
        timeoutMs: 120_000,
        globalSetup: "test/sampler/support/globalSetup.mjs",
        serial: true,
      }),
      project("e2e", ["test/e2e/**/*.test.ts"], {
        timeoutMs: 120_000,
        globalSetup: "test/e2e/support/globalSetup.mjs",
        serial: true,
      }),
      project("kernels", ["test/kernels/**/*.test.ts"], {
        timeoutMs: 20 * 60_000,
        globalSetup: "test/kernels/support/globalSetup.mjs",
        serial: true,
      }),
      project("matrix", ["test/matrix/**/*.test.ts"], {
        timeoutMs: 120_000,
        globalSetup: "test/matrix/support/globalSetup.mjs",
        serial: true,
      }),
    ],
  },
});
