/** The page asks its own origin, and Vite passes that on: over HTTP and over the WebSocket. */

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const target = process.env["ADDRESS"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/graphql": { target, ws: true } } },
});
