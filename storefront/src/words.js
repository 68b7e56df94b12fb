// What the elements say, language by language. A name in braces is filled in.

const en = {
  in_stock: "In stock", low_stock: "Low stock", backorder: "On its way", backorder_eta: "On its way, expected {day}",
  special_order: "Made to order", out_of_stock: "Out of stock", discontinued: "No longer made", unknown: "Not in our catalogue",
  checking: "Checking availability…", about: "Availability of {part}", failed: "Availability cannot be shown right now.",
  stale: "as of {time}", core: "+ {amount} core deposit", no_price: "Price on request",
  pickup_today: "{count} today at {place}, until {until}", pickup_later: "{count} at {place}, {day} from {from}",
  no_pickup: "Not at a counter near you", delivery: "Delivered {day} by {time} if ordered by {cutoff}",
  instead: "Instead: {part}", sets: "{count} × {part}", now: "{part}: {status}",
  fits: "Fits your {vehicle}", fits_if: "Fits your {vehicle}: {notes}", takes: "takes {count}", fits_not: "Does not fit your {vehicle}",
  fits_unknown: "We do not know whether it fits your {vehicle}", your_vehicle: "vehicle",
  vin: "Your vehicle’s VIN", vin_hint: "17 letters and digits, on the windscreen or in the papers. It is not kept.",
  vin_wrong: "A VIN has 17 letters and digits, without I, O and Q.", check: "Check", vehicle_unknown: "This VIN does not tell us the model.",
  vehicle: "Your vehicle: {vehicle}", fitting: "{type} for your {vehicle}", nothing_fits: "we know of none.",
};

const de = {
  in_stock: "Auf Lager", low_stock: "Nur noch wenige", backorder: "Unterwegs", backorder_eta: "Unterwegs, voraussichtlich {day}",
  special_order: "Auf Bestellung", out_of_stock: "Nicht auf Lager", discontinued: "Wird nicht mehr hergestellt", unknown: "Nicht im Katalog",
  checking: "Verfügbarkeit wird geprüft …", about: "Verfügbarkeit von {part}", failed: "Die Verfügbarkeit lässt sich gerade nicht anzeigen.",
  stale: "Stand {time}", core: "zzgl. {amount} Altteilpfand", no_price: "Preis auf Anfrage",
  pickup_today: "Heute {count} in {place}, bis {until}", pickup_later: "{count} in {place}, {day} ab {from}",
  no_pickup: "In keiner Filiale in Ihrer Nähe", delivery: "Lieferung {day} bis {time}, bei Bestellung bis {cutoff}",
  instead: "Stattdessen: {part}", sets: "{count} × {part}", now: "{part}: {status}",
  fits: "Passt in Ihren {vehicle}", fits_if: "Passt in Ihren {vehicle}: {notes}", takes: "{count} nötig", fits_not: "Passt nicht in Ihren {vehicle}",
  fits_unknown: "Ob es in Ihren {vehicle} passt, wissen wir nicht", your_vehicle: "Wagen",
  vin: "Fahrgestellnummer (VIN)", vin_hint: "17 Buchstaben und Ziffern, an der Frontscheibe oder im Fahrzeugschein. Sie wird nicht gespeichert.",
  vin_wrong: "Eine VIN hat 17 Buchstaben und Ziffern, ohne I, O und Q.", check: "Prüfen", vehicle_unknown: "Diese VIN verrät uns das Modell nicht.",
  vehicle: "Ihr Fahrzeug: {vehicle}", fitting: "{type} für Ihren {vehicle}", nothing_fits: "wir kennen nichts.",
};

const es = {
  in_stock: "En existencia", low_stock: "Pocas unidades", backorder: "En camino", backorder_eta: "En camino, previsto: {day}",
  special_order: "Por encargo", out_of_stock: "Agotado", discontinued: "Ya no se fabrica", unknown: "No está en el catálogo",
  checking: "Consultando disponibilidad…", about: "Disponibilidad de {part}", failed: "Ahora no se puede mostrar la disponibilidad.",
  stale: "a las {time}", core: "+ {amount} de depósito por la pieza usada", no_price: "Precio a consultar",
  pickup_today: "{count} hoy en {place}, hasta las {until}", pickup_later: "{count} en {place}, {day} desde las {from}",
  no_pickup: "En ningún mostrador cercano", delivery: "Entrega: {day}, antes de las {time}, si pide hasta: {cutoff}",
  instead: "En su lugar: {part}", sets: "{count} × {part}", now: "{part}: {status}",
  fits: "Sirve para su {vehicle}", fits_if: "Sirve para su {vehicle}: {notes}", takes: "lleva {count}", fits_not: "No sirve para su {vehicle}",
  fits_unknown: "No sabemos si sirve para su {vehicle}", your_vehicle: "vehículo",
  vin: "VIN de su vehículo", vin_hint: "17 letras y cifras, en el parabrisas o en los papeles. No se guarda.",
  vin_wrong: "Un VIN tiene 17 letras y cifras, sin I, O ni Q.", check: "Comprobar", vehicle_unknown: "Este VIN no nos dice el modelo.",
  vehicle: "Su vehículo: {vehicle}", fitting: "{type} para su {vehicle}", nothing_fits: "no conocemos ninguna pieza.",
};

const fr = {
  in_stock: "En stock", low_stock: "Stock faible", backorder: "En cours d’arrivage", backorder_eta: "En cours d’arrivage, prévu : {day}",
  special_order: "Sur commande", out_of_stock: "Épuisé", discontinued: "N’est plus fabriqué", unknown: "Absent du catalogue",
  checking: "Vérification de la disponibilité…", about: "Disponibilité de {part}", failed: "La disponibilité ne peut pas être affichée pour l’instant.",
  stale: "à {time}", core: "+ {amount} de consigne", no_price: "Prix sur demande",
  pickup_today: "{count} aujourd’hui à {place}, jusqu’à {until}", pickup_later: "{count} à {place}, {day} à partir de {from}",
  no_pickup: "Dans aucun comptoir proche", delivery: "Livraison : {day} avant {time}, si commandé avant : {cutoff}",
  instead: "À la place : {part}", sets: "{count} × {part}", now: "{part} : {status}",
  fits: "Convient à votre {vehicle}", fits_if: "Convient à votre {vehicle} : {notes}", takes: "il en faut {count}", fits_not: "Ne convient pas à votre {vehicle}",
  fits_unknown: "Nous ne savons pas si cela convient à votre {vehicle}", your_vehicle: "véhicule",
  vin: "VIN de votre véhicule", vin_hint: "17 lettres et chiffres, sur le pare-brise ou la carte grise. Il n’est pas conservé.",
  vin_wrong: "Un VIN a 17 lettres et chiffres, sans I, O ni Q.", check: "Vérifier", vehicle_unknown: "Ce VIN ne nous dit pas le modèle.",
  vehicle: "Votre véhicule : {vehicle}", fitting: "{type} pour votre {vehicle}", nothing_fits: "nous n’en connaissons aucune.",
};

/** The languages, English first: it stands in for others. */
export const LANGUAGES = { en, de, es, fr };

/** What `name` is in a language, with what its braces name. */
export function say(name, language, fills = {}) {
  const words = LANGUAGES[language.toLowerCase().split("-")[0]] ?? en;
  return words[name].replace(/\{(\w+)\}/g, (_, fill) => fills[fill]);
}
