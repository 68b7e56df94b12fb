// The demonstration shop: what a shop would write around the elements. Language, theme, place; a part that is chosen is shown.
import { configure } from "/holdfast.js";

const WORDS = {
  en: {
    pads: "Brake pads",
    skip: "Skip to the parts",
    near: "Near",
    language: "Language",
    dark: "Dark",
    light: "Light",
    title: "The part you need, at the counter near you",
    lead: "What it costs, where it is and when you can have it, as of now. Tell us your car, and each part says whether it fits.",
    shelf: "On the shelf this week",
    note: "A demonstration: the shop, its parts and its stock are invented. This page holds one publishable key, and asks what any shop’s page may ask.",
    about: "What is behind it",
    call: "Call the counter: +1 404 555 0100",
    "BRKX-4410": "Front brake pads",
    "RTNQ-R3005": "Front brake rotor",
    "VLTM-8001": "Battery",
    "RMNX-1882R": "Alternator, remanufactured",
    "HALT-70003": "Ceramic brake pads",
    "ECNV-101730": "Serpentine belt",
    "FLTQ-F1456": "Oil filter",
    "KLVT-30338": "Radiator",
    "SPKW-4001": "Spark plug",
  },
  de: {
    pads: "Bremsbeläge",
    skip: "Zu den Teilen",
    near: "Nahe",
    language: "Sprache",
    dark: "Dunkel",
    light: "Hell",
    title: "Das Teil, das Sie brauchen, in Ihrer Nähe",
    lead: "Was es kostet, wo es liegt und wann Sie es haben können, Stand jetzt. Nennen Sie uns Ihren Wagen, und jedes Teil sagt, ob es passt.",
    shelf: "Diese Woche im Regal",
    note: "Eine Vorführung: Der Laden, seine Teile und sein Bestand sind erfunden. Diese Seite hat einen öffentlichen Schlüssel und fragt, was die Seite jedes Ladens fragen darf.",
    about: "Was dahintersteht",
    call: "Rufen Sie die Theke an: +1 404 555 0100",
    "BRKX-4410": "Bremsbeläge vorn",
    "RTNQ-R3005": "Bremsscheibe vorn",
    "VLTM-8001": "Batterie",
    "RMNX-1882R": "Lichtmaschine, aufgearbeitet",
    "HALT-70003": "Keramik-Bremsbeläge",
    "ECNV-101730": "Keilrippenriemen",
    "FLTQ-F1456": "Ölfilter",
    "KLVT-30338": "Kühler",
    "SPKW-4001": "Zündkerze",
  },
  es: {
    pads: "Pastillas de freno",
    skip: "Ir a las piezas",
    near: "Cerca de",
    language: "Idioma",
    dark: "Oscuro",
    light: "Claro",
    title: "La pieza que necesita, en el mostrador más cercano",
    lead: "Cuánto cuesta, dónde está y cuándo puede tenerla, a esta hora. Díganos cuál es su coche y cada pieza le dirá si sirve.",
    shelf: "Esta semana en el estante",
    note: "Una demostración: la tienda, sus piezas y sus existencias son inventadas. Esta página tiene una clave pública y pregunta lo que puede preguntar la página de cualquier tienda.",
    about: "Qué hay detrás",
    call: "Llame al mostrador: +1 404 555 0100",
    "BRKX-4410": "Pastillas de freno delanteras",
    "RTNQ-R3005": "Disco de freno delantero",
    "VLTM-8001": "Batería",
    "RMNX-1882R": "Alternador reacondicionado",
    "HALT-70003": "Pastillas de freno cerámicas",
    "ECNV-101730": "Correa de accesorios",
    "FLTQ-F1456": "Filtro de aceite",
    "KLVT-30338": "Radiador",
    "SPKW-4001": "Bujía",
  },
  fr: {
    pads: "Plaquettes de frein",
    skip: "Aller aux pièces",
    near: "Près de",
    language: "Langue",
    dark: "Sombre",
    light: "Clair",
    title: "La pièce qu’il vous faut, au comptoir près de chez vous",
    lead: "Son prix, où elle est et quand vous pouvez l’avoir, à cet instant. Dites-nous votre voiture, et chaque pièce dira si elle convient.",
    shelf: "Cette semaine en rayon",
    note: "Une démonstration : la boutique, ses pièces et son stock sont inventés. Cette page a une clé publique et demande ce que la page de toute boutique peut demander.",
    about: "Ce qu’il y a derrière",
    call: "Appelez le comptoir : +1 404 555 0100",
    "BRKX-4410": "Plaquettes de frein avant",
    "RTNQ-R3005": "Disque de frein avant",
    "VLTM-8001": "Batterie",
    "RMNX-1882R": "Alternateur reconditionné",
    "HALT-70003": "Plaquettes de frein céramique",
    "ECNV-101730": "Courroie d’accessoires",
    "FLTQ-F1456": "Filtre à huile",
    "KLVT-30338": "Radiateur",
    "SPKW-4001": "Bougie d’allumage",
  },
};

const root = document.documentElement;
const [place, language, theme] = ["place", "language", "theme"].map((id) => document.getElementById(id));

function speak(chosen) {
  root.lang = chosen;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = WORDS[chosen][element.dataset.word];
  document.querySelector("holdfast-fitment").setAttribute("label", WORDS[chosen].pads);
}

/** The card of a part that was chosen: its own, else one made like the first. */
function card({ sku, brand_name, number, description }) {
  const shelf = document.querySelector(".shelf");
  const known = shelf.querySelector(`[data-sku="${CSS.escape(sku)}"]`);
  if (known) return known;
  const made = shelf.firstElementChild.cloneNode(true);
  made.dataset.sku = sku;
  made.querySelector("h3").removeAttribute("data-word");
  made.querySelector("h3").textContent = description.split(" - ")[0];
  made.querySelector(".about").textContent = `${brand_name} ${number}`;
  made.querySelector("use").setAttribute("href", "#pads");
  made.querySelector("holdfast-availability").setAttribute("sku", sku);
  shelf.prepend(made);
  return made;
}

document.addEventListener("holdfast-availability", ({ detail: { sku, item } }) => {
  if (item.brand_name) document.querySelector(`[data-sku="${CSS.escape(sku)}"] .about`).textContent = `${item.brand_name} ${item.number}`;
});
document.addEventListener("holdfast-part", ({ detail: { item } }) => {
  const shown = card(item);
  shown.tabIndex = -1;
  shown.focus({ preventScroll: true });
  shown.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
});
place.addEventListener("change", () => {
  const [lat, lon] = place.value.split(",").map(Number);
  configure({ place: { lat, lon } });
});
language.addEventListener("change", () => speak(language.value));
theme.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  paint();
});

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** The button says what it leads to. */
function paint() {
  theme.dataset.word = isDark() ? "light" : "dark";
  theme.textContent = WORDS[root.lang][theme.dataset.word];
}

const preferred = navigator.language.split("-")[0];
if (preferred !== "en" && WORDS[preferred]) {
  language.value = preferred;
  speak(preferred);
}
paint();
