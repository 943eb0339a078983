import { defineConfig } from "vitest/config";

const source = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  build: {
    lib: { entry: "src/index.ts", formats: ["es"], fileName: "index" },
    target: "baseline-widely-available",
    sourcemap: true,
    rolldownOptions: { external: [/^react($|\/)/, "@tidings/client"] },
  },
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    environment: "happy-dom",
    // Tests read the client's source: no build is needed first.
    alias: { "@tidings/client": source("../client/src/index.ts"), "@tidings/react": source("src/index.ts") },
  },
});
