import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    lib: {
      entry: { index: "src/index.ts", presence: "src/presence.ts", testing: "src/testing/index.ts" },
      formats: ["es"],
    },
    target: "baseline-widely-available",
    sourcemap: true,
    // Library mode leaves the white space in; the source map is what people read.
    rolldownOptions: { output: { minify: true } },
  },
  // Tests read the source: no build is needed first, and none can be stale.
  ssr: { resolve: { conditions: ["@tidings/source", ...defaultServerConditions] } },
  test: { include: ["test/**/*.test.ts"] },
});
