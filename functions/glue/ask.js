// How Rust calls a Durable Object: one crossing of the border where the bindings of each step would make a dozen.

/** The promise of what the object `name` says to `text`. A new object is placed near `hint`, if there is one. */
export function ask(env, binding, name, hint, method, text) {
  return env[binding].getByName(name, hint === undefined ? undefined : { locationHint: hint })[method](text);
}
