import { defineConfig } from "vitest/config";

/** Real servers and Chromium need longer than pure code; a timeout is a safety net, never an assertion. */
const MINUTE = 60_000;

export default defineConfig({
  test: {
    watch: false,
    pool: "forks",
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    env: { TZ: "UTC", NO_COLOR: "1" },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/{unit,property,contract,surfaces,reference}/**/*.test.ts"],
          testTimeout: 2 * MINUTE,
          hookTimeout: 2 * MINUTE,
        },
      },
      {
        extends: true,
        test: {
          name: "repository",
          include: ["test/{policy,examples}/**/*.test.ts"],
          testTimeout: 2 * MINUTE,
          hookTimeout: 2 * MINUTE,
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 2 * MINUTE,
          hookTimeout: 2 * MINUTE,
        },
      },
    ],
    coverage: { provider: "v8", include: ["src/**/*.ts"], reporter: ["text-summary", "json-summary"] },
  },
});
