/** Bundles the page into dist/player: hashed names, nothing inline, so that a strict CSP holds. */
import { defineConfig } from 'vite';

export default defineConfig({
  base: '/',
  publicDir: false,
  build: {
    outDir: '../dist/player',
    emptyOutDir: true,
    target: 'es2023',
    // `light-dark()` and `:has()` are used as they are: every browser since 2024 knows them.
    cssTarget: ['chrome123', 'firefox125', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // The terminal (asciinema-player with its WebAssembly) is a chunk of its own, fetched beside the recording.
    chunkSizeWarningLimit: 300,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});
