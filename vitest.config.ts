import { defineConfig } from "vitest/config";

const project = (name: string, include: string[], exclude: string[] = [], timeoutMs = 5_000) => ({
  test: { name, include, exclude, testTimeout: timeoutMs, hookTimeout: timeoutMs },
});

/** One project for each lane of scripts/test.mjs; a file belongs to exactly one. */
export default defineConfig({
  test: {
    projects: [
      project(
        "units",
        ["extension/**/*.test.ts", "test/*.test.ts", "test/protocol/**/*.test.ts"],
        ["**/*.ssh.test.ts", "test/packaging.test.ts"],
      ),
      project("contract", ["test/contract/**/*.test.ts"], [], 60_000),
      project("ssh", ["extension/**/*.ssh.test.ts"], [], 60_000),
      project("packaging", ["test/packaging.test.ts"], [], 60_000),
      {
        test: {
          ...project("webview", ["test/webview/**/*.test.ts"], [], 60_000).test,
          globalSetup: "test/webview/support/globalSetup.mjs",
        },
      },
      {
        test: {
          ...project("matrix", ["test/matrix/**/*.test.ts"], [], 120_000).test,
          globalSetup: "test/matrix/support/globalSetup.mjs",
          // They share two CPUs with what they measure.
          fileParallelism: false,
        },
      },
      {
        test: {
          ...project("kernels", ["test/kernels/**/*.test.ts"]).test,
          globalSetup: "test/kernels/support/globalSetup.mjs",
        },
      },
    ],
  },
});
