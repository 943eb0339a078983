import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

const SOURCE = "@tidings/source";

export default defineConfig({
  build: {
    lib: {
      entry: {
        index: "src/index.ts",
        presence: "src/presence.ts",
        query: "src/query/index.ts",
        offline: "src/query/offline.ts",
      },
      formats: ["es"],
    },
    target: "baseline-widely-available",
    sourcemap: true,
    rolldownOptions: {
      external: [/^react($|\/)/, "@tanstack/react-query", /^@tidings\//],
      // Hooks are the browser's: frameworks with server components must be told.
      output: {
        minify: true,
        comments: false,
        chunkFileNames: "[name].js",
        banner: ({ isEntry }) => (isEntry ? '"use client";' : ""),
      },
    },
  },
  // Tests read the source: no build is needed first, and none can be stale.
  resolve: { conditions: [SOURCE, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [SOURCE, ...defaultServerConditions] } },
  test: { include: ["test/**/*.test.{ts,tsx}"], environment: "happy-dom" },
});
