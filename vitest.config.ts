import { defineConfig } from "vitest/config";

/** All packages' tests in one run, on every core: each by itself would leave one idle. */
export default defineConfig({
  test: { projects: ["packages/client", "packages/react", "scheduling/web"], maxWorkers: "100%" },
});
