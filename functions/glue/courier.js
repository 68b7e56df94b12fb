/** The most commands of a bundle: what waits behind it goes in the next. */
const MOST = 100;

/**
 * Carries the commands of one object to others. Those that calls of it have for the same object at the same time go together:
 * one call, one turn and one commit there, and one turn here when the replies come (docs/decisions/0031).
 */
export class Courier {
  #namespace;
  #bundles = new Map();

  constructor(env, binding) {
    this.#namespace = env[binding];
  }

  /** The promise of what the object `name`, placed near `hint`, says to `text`; null where it failed over this command. */
  ask(name, hint, text) {
    let bundle = this.#bundles.get(name);
    if (bundle === undefined || bundle.texts.length === MOST) {
      bundle = { texts: [] };
      bundle.replies = scheduler.wait(0).then(() => this.#send(name, hint, bundle));
      this.#bundles.set(name, bundle);
    }
    const place = bundle.texts.push(text) - 1;
    return bundle.replies.then((replies) => replies[place]);
  }

  #send(name, hint, bundle) {
    if (this.#bundles.get(name) === bundle) this.#bundles.delete(name);
    return this.#namespace.getByName(name, { locationHint: hint }).askAll(bundle.texts);
  }
}
