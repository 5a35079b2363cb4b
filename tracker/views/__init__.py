"""The record's plain pages: set-up of studies, sites, patients, subjects, products, labs, assessments."""
