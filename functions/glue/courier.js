/** The most commands of a bundle. */
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
    let bundles = this.#bundles.get(name);
    if (bundles === undefined) {
      bundles = new Bundles(MOST, (texts) => this.#namespace.getByName(name, { locationHint: hint }).askAll(texts));
      this.#bundles.set(name, bundles);
    }
    return bundles.add(text);
  }
}

/**
 * What is asked of one object, by several at the same time, in one call. `send(texts)` promises the reply to each; it is called
 * when nobody has more to ask for now, and before that as soon as there are `most`.
 */
export class Bundles {
  #send;
  #most;
  #open = null;

  constructor(most, send) {
    this.#most = most;
    this.#send = send;
  }

  /** The promise of the reply to `text`. */
  add(text) {
    const bundle = (this.#open ??= this.#begin());
    const place = bundle.texts.push(text) - 1;
    if (bundle.texts.length === this.#most) {
      this.#open = null;
      bundle.close();
    }
    return bundle.replies.then((replies) => replies[place]);
  }

  #begin() {
    const texts = [];
    const { promise: full, resolve: close } = Promise.withResolvers();
    const replies = Promise.race([scheduler.wait(0), full]).then(() => {
      if (this.#open?.texts === texts) this.#open = null;
      return this.#send(texts);
    });
    return { texts, close, replies };
  }
}
