// What is seen of the desk from outside: the tab's title and icon, the system's notifications, a phone that trembles.

const blinkTime = 1000;
const address = (name) => new URL(`icons/${name}.svg`, import.meta.url).href;

export class Attention {
  #icon = document.getElementById("icon");
  #title = "";
  #sign = "";
  #urgent;
  #timer;
  #notification;

  /** The title and the icon while nothing is urgent. */
  rest(title, sign) {
    [this.#title, this.#sign] = [title, sign];
    if (!this.#timer) this.#show(title, sign);
  }

  /** Blinks with a title of its own until it is told to rest. */
  call(title, isMoving) {
    this.quiet();
    this.#urgent = title;
    let isOn = true;
    this.#show(title, "ringing");
    this.#timer = setInterval(() => {
      isOn = !isOn;
      this.#show(isOn ? this.#urgent : this.#title, isOn ? "ringing" : this.#sign);
    }, blinkTime);
    if (isMoving) this.#tremble();
  }

  #tremble() {
    // A phone trembles only for who has touched the page.
    if (navigator.userActivation?.hasBeenActive === false) return;
    // One call may last for so long a pattern, and is ended by an empty one.
    navigator.vibrate?.(Array.from({ length: 15 }, () => [400, 200, 400, 2000]).flat());
  }

  quiet() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.([]);
    this.#notification?.close();
    this.#notification = undefined;
    this.#show(this.#title, this.#sign);
  }

  #show(title, sign) {
    if (document.title !== title) document.title = title;
    if (sign && this.#icon.href !== address(sign)) this.#icon.href = address(sign);
  }

  // MARK: Notifications

  /** `granted`, `denied`, `default` (nobody was asked), or `unsupported`. */
  static get permission() {
    return window.Notification?.permission ?? "unsupported";
  }

  /** Asks for leave; only ever out of a click. */
  static async ask() {
    return (await window.Notification?.requestPermission()) ?? "unsupported";
  }

  /** Tells of a call; several windows of one desk tell of it once. */
  notify(title, body, tag) {
    if (Attention.permission !== "granted") return;
    try {
      this.#notification = new Notification(title, { body, tag, icon: address("online"), requireInteraction: true });
      this.#notification.onclick = () => {
        window.focus();
        this.#notification?.close();
      };
    } catch {
      // Android has notifications for service workers only.
    }
  }
}
