"""Other people's formats at the door: FHIR R4, HL7 v2, CDISC."""
