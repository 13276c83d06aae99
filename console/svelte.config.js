/** Warnings of the compiler, of inaccessible markup above all, fail `npm run types`. */
export default { compilerOptions: { runes: true } };
