import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
// The server that `npm run dev` and the screenshots talk to.
const server = process.env["DASHBOARD_SERVER"] ?? "http://127.0.0.1:5556";

export default defineConfig({
  // Relative, because the server says by <base href> under which path it is mounted.
  base: "./",
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": path("./src") } },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    manifest: true,
    // The policy of the page forbids data: scripts and fonts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1600,
  },
  server: { proxy: { "/api": server } },
  worker: { format: "es" },
  test: {
    environment: "jsdom",
    setupFiles: ["src/test-setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
