import react from "@vitejs/plugin-react";
import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds the server's REST endpoints and its WebSocket. */
const server = process.env.SCHEDULING_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ["@tidings/source", ...defaultClientConditions] },
  // Tests without a document resolve as a server does.
  ssr: { resolve: { conditions: ["@tidings/source", ...defaultServerConditions] } },
  server: { host: "127.0.0.1", proxy: { "/api": server, "/ws": { target: server, ws: true } } },
  build: {
    target: "baseline-widely-available",
    reportCompressedSize: true,
    // kB of one file before it is compressed; what the first screen weighs in all is asserted by e2e/weight.spec.ts.
    chunkSizeWarningLimit: 1_000,
    // What the first screen needs comes in two files, the libraries' of which stays cached when ours changes: with one for each set of
    // modules that somebody shares, it came in ninety.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "libraries", test: /node_modules/, tags: ["$initial"], priority: 1 },
            { name: "desk", tags: ["$initial"] },
          ],
        },
      },
    },
  },
  // Tests that need a document say so in their first line.
  test: { include: ["src/**/*.test.{ts,tsx}", "guide/**/*.test.tsx"] },
});
