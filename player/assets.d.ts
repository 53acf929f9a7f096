/** Style sheets are Vite's matter; to TypeScript they say nothing. */
declare module '*.css';
