/** The layout of every source file; `npm run format` applies it, `npm run check` holds it. */
export default {
  printWidth: 130,
  singleQuote: true,
  quoteProps: 'consistent',
};
