"""The words in which rules are said in English and Spanish: one table for everything that a rule can name.

Only words; how they are put together is in `rule_words`. What is not here is said by its own name.
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "es")

#: What a rule can name -> its words, in the order of LANGUAGES.
WORDS: Mapping[str, tuple[str, str]] = {
    # signals
    "temperature_c": ("temperature", "temperatura"),
    "systolic_mmhg": ("systolic pressure", "presión sistólica"),
    "diastolic_mmhg": ("diastolic pressure", "presión diastólica"),
    "map_mmhg": ("mean arterial pressure", "presión arterial media"),
    "pulse_pressure_mmhg": ("pulse pressure", "presión de pulso"),
    "shock_index": ("shock index", "índice de shock"),
    "heart_rate_bpm": ("heart rate", "frecuencia cardíaca"),
    "respiratory_rate_per_min": ("respiratory rate", "frecuencia respiratoria"),
    "spo2_percent": ("SpO2", "SpO2"),
    "oxygen_device": ("oxygen device", "dispositivo de oxígeno"),
    "oxygen_flow_l_min": ("oxygen flow", "flujo de oxígeno"),
    "fio2_percent": ("FiO2", "FiO2"),
    "consciousness": ("consciousness", "conciencia"),
    "position": ("position", "posición"),
    "rigors": ("rigors", "escalofríos con temblor"),
    "bp_unrecordable": ("blood pressure unrecordable", "presión arterial no registrable"),
    "concern": ("somebody at the bedside is concerned", "alguien junto al paciente está preocupado"),
    "spo2_target_88_92": ("a SpO2 target of 88 to 92 %", "un objetivo de SpO2 de 88 a 92 %"),
    "allogeneic_transplant": ("an allogeneic transplant before", "un trasplante alogénico previo"),
    "frozen_at_start": ("a baseline frozen at the start", "un valor basal fijado al inicio"),
    "neutrophils_10e9_l": ("neutrophils", "neutrófilos"),
    "neutrophils_lln_10e9_l": ("lower limit of neutrophils", "límite inferior de neutrófilos"),
    "platelets_10e9_l": ("platelets", "plaquetas"),
    "platelets_lln_10e9_l": ("lower limit of platelets", "límite inferior de plaquetas"),
    "leukocytes_10e9_l": ("leukocytes", "leucocitos"),
    "leukocytes_lln_10e9_l": ("lower limit of leukocytes", "límite inferior de leucocitos"),
    "lymphocytes_10e9_l": ("lymphocytes", "linfocitos"),
    "lymphocytes_lln_10e9_l": ("lower limit of lymphocytes", "límite inferior de linfocitos"),
    "hemoglobin_g_dl": ("haemoglobin", "hemoglobina"),
    "hemoglobin_mmol_l": ("haemoglobin", "hemoglobina"),
    "hemoglobin_lln_mmol_l": ("lower limit of haemoglobin", "límite inferior de hemoglobina"),
    "hemoglobin_lln_g_dl": ("lower limit of haemoglobin", "límite inferior de hemoglobina"),
    "ice": ("ICE score", "puntuación ICE"),
    "ice_orientation": ("ICE orientation", "orientación (ICE)"),
    "ice_naming": ("ICE naming", "denominación (ICE)"),
    "ice_commands": ("ICE commands", "órdenes (ICE)"),
    "ice_writing": ("ICE writing", "escritura (ICE)"),
    "ice_attention": ("ICE attention", "atención (ICE)"),
    "arousal": ("arousal", "despertar"),
    "seizure": ("seizure", "convulsión"),
    "deep_focal_motor_weakness": ("deep focal motor weakness", "debilidad motora focal profunda"),
    "cerebral_edema": ("cerebral oedema", "edema cerebral"),
    # what signals say
    "room_air": ("room air", "aire ambiente"),
    "nasal_cannula": ("nasal cannula", "cánula nasal"),
    "simple_mask": ("simple mask", "mascarilla simple"),
    "venturi": ("Venturi mask", "mascarilla Venturi"),
    "non_rebreather": ("non-rebreather mask", "mascarilla con reservorio"),
    "blow_by": ("blow-by oxygen", "oxígeno de flujo libre"),
    "high_flow": ("high-flow oxygen", "oxígeno de alto flujo"),
    "cpap": ("CPAP", "CPAP"),
    "bipap": ("BiPAP", "BiPAP"),
    "ventilator": ("ventilator", "ventilador"),
    "A": ("alert", "alerta"),
    "C": ("newly confused", "confusión nueva"),
    "V": ("responds to voice", "responde a la voz"),
    "P": ("responds to pain", "responde al dolor"),
    "U": ("unresponsive", "no responde"),
    "none": ("none", "ninguno"),
    "mild": ("mild", "leve"),
    "moderate": ("moderate", "moderado"),
    "severe": ("severe", "grave"),
    "shaking": ("shaking", "con sacudidas"),
    "supine": ("supine", "decúbito supino"),
    "semi_recumbent": ("semi-recumbent", "semiincorporado"),
    "sitting": ("sitting", "sentado"),
    "standing": ("standing", "de pie"),
    "spontaneous": ("awakens spontaneously", "despierta espontáneamente"),
    "voice": ("awakens to voice", "despierta a la voz"),
    "tactile": ("awakens to touch only", "despierta solo al tacto"),
    "unarousable": ("unarousable", "no se despierta"),
    "resolves_rapidly": ("resolves rapidly", "cede con rapidez"),
    "prolonged_or_repetitive": ("prolonged or repetitive", "prolongada o repetida"),
    "focal": ("focal", "focal"),
    "diffuse_or_herniation_signs": ("diffuse, or signs of herniation", "difuso o con signos de herniación"),
    "unstated": ("not stated", "sin indicar"),
    # sites
    "oral": ("oral", "oral"),
    "axillary": ("axillary", "axilar"),
    "tympanic": ("tympanic", "timpánica"),
    "temporal": ("temporal", "temporal"),
    "rectal": ("rectal", "rectal"),
    "core": ("core", "central"),
    "unknown": ("unknown site", "sitio desconocido"),
    # symptoms
    "chills": ("chills", "escalofríos"),
    "dizziness": ("dizziness", "mareo"),
    "syncope": ("fainting", "síncope"),
    "dyspnoea": ("breathlessness", "disnea"),
    "headache": ("headache", "cefalea"),
    "myalgia": ("muscle pain", "mialgia"),
    "fatigue": ("fatigue", "fatiga"),
    "malaise": ("malaise", "malestar"),
    "rash": ("rash", "exantema"),
    "nausea": ("nausea", "náuseas"),
    "vomiting": ("vomiting", "vómitos"),
    "diarrhoea": ("diarrhoea", "diarrea"),
    "confusion": ("confusion", "confusión"),
    "chest_pain": ("chest pain", "dolor torácico"),
    "back_pain": ("back pain", "dolor de espalda"),
    "jaundice": ("jaundice", "ictericia"),
    # interventions, indications
    "fluids": ("fluids", "líquidos"),
    "vasopressor": ("a vasopressor", "un vasopresor"),
    "oxygen": ("oxygen", "oxígeno"),
    "antipyretic": ("an antipyretic", "un antipirético"),
    "meperidine": ("meperidine", "meperidina"),
    "antihistamine": ("an antihistamine", "un antihistamínico"),
    "steroid": ("a steroid", "un corticoide"),
    "tocilizumab": ("tocilizumab", "tocilizumab"),
    "il2": ("IL-2", "IL-2"),
    "gm_csf": ("GM-CSF", "GM-CSF"),
    "hypotension": ("low blood pressure", "hipotensión"),
    "hypoxia": ("hypoxia", "hipoxia"),
    "fever": ("fever", "fiebre"),
    "comfort": ("comfort", "confort"),
    "crs": ("CRS", "SLC"),
    "icans": ("ICANS", "ICANS"),
    "premedication": ("premedication", "premedicación"),
    "protocol": ("protocol", "protocolo"),
    "reaction": ("reaction", "reacción"),
    "other": ("other", "otro"),
    # turns of an infusion
    "start": ("the start of the infusion", "el inicio de la infusión"),
    "pause": ("a pause of the infusion", "una pausa de la infusión"),
    "resume": ("the infusion resumed", "la reanudación de la infusión"),
    "rate": ("a change of the rate", "un cambio de velocidad"),
    "stop": ("the end of the infusion", "el fin de la infusión"),
    "discharge": ("discharge", "el alta"),
    "readmit": ("readmission", "el reingreso"),
    # scales
    "scale:news2": ("NEWS2", "NEWS2"),
    "scale:news2_single_parameter_3": ("a NEWS2 parameter that scores 3", "un parámetro NEWS2 con 3 puntos"),
    "scale:astct_crs": ("CRS grade (ASTCT)", "grado de SLC (ASTCT)"),
    "scale:icans": ("ICANS grade (ASTCT)", "grado de ICANS (ASTCT)"),
    # what is scheduled
    "vital_signs": ("vital signs", "constantes vitales"),
    "temperature": ("temperature", "temperatura"),
    "baseline": ("a baseline set", "una medición basal"),
    "ward": ("on the ward", "en la sala"),
    "home": ("at home", "en casa"),
    # phases and priorities
    "infusing": ("while the infusion runs", "durante la infusión"),
    "paused": ("while it is paused", "durante una pausa"),
    "observing": ("under observation afterwards", "en observación posterior"),
    "low": ("low", "baja"),
    "medium": ("medium", "media"),
    "high": ("high", "alta"),
}


def word(name: str, language: str) -> str:
    """What the name is called; the name itself, without underscores, where there is no word for it."""
    if name in WORDS:
        return WORDS[name][LANGUAGES.index(known(language))]
    if (term := name.removeprefix("scale:ctcae:")) != name:
        prefix = "grado CTCAE:" if known(language) == "es" else "CTCAE grade of"
        return f"{prefix} {term.replace('_', ' ')}"
    return name.removeprefix("scale:").replace("_", " ")


def known(language: str) -> str:
    """The language itself where rules can be said in it, else English."""
    return language[:2] if language[:2] in LANGUAGES else LANGUAGES[0]
