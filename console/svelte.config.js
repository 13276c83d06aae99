/** Runes are on in every component. `npm run types` fails on a warning of the compiler, for example about inaccessible markup. */
export default { compilerOptions: { runes: true } };
