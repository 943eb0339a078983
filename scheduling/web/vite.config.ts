import react from "@vitejs/plugin-react";
import { defaultClientConditions } from "vite";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds the server's REST endpoints and its WebSocket. */
const server = process.env.SCHEDULING_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ["@tidings/source", ...defaultClientConditions] },
  server: { host: "127.0.0.1", proxy: { "/api": server, "/ws": { target: server, ws: true } } },
  build: { target: "baseline-widely-available", reportCompressedSize: true },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}", "guide/**/*.test.tsx"] },
});
