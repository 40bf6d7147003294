import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  // The page runs in the WebKit, WebView2 or WKWebView of a supported system; nothing older.
  build: { target: "es2022", outDir: "dist", emptyOutDir: true },
});
