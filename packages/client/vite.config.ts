import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    lib: { entry: "src/index.ts", formats: ["es"], fileName: "index" },
    target: "baseline-widely-available",
    sourcemap: true,
    // Library mode leaves the white space in; the source map is what people read.
    rolldownOptions: { output: { minify: true } },
  },
  resolve: { alias: { "@tidings/client": new URL("src/index.ts", import.meta.url).pathname } },
  test: { include: ["test/**/*.test.ts"] },
});
