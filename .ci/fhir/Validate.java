import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationResult;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/** Validates FHIR R4 files with HAPI and no network: one line a file, and each error. */
public class Validate {
    public static void main(String[] files) throws Exception {
        FhirContext r4 = FhirContext.forR4();
        FhirValidator validator = r4.newValidator();
        validator.registerValidatorModule(new FhirInstanceValidator(new ValidationSupportChain(
            new DefaultProfileValidationSupport(r4),
            new InMemoryTerminologyServerValidationSupport(r4),
            new CommonCodeSystemsTerminologyService(r4),
            new SnapshotGeneratingValidationSupport(r4))));
        boolean all = true;
        for (String file : files) {
            ValidationResult result = validator.validateWithResult(Files.readString(Path.of(file)));
            System.out.println(file + (result.isSuccessful() ? " valid" : " not valid"));
            all &= result.isSuccessful();
            if (!result.isSuccessful()) {
                for (SingleValidationMessage m : result.getMessages()) {
                    System.out.println("  " + m.getSeverity() + " " + m.getLocationString() + " " + m.getMessage());
                }
            }
        }
        System.exit(all ? 0 : 1);
    }
}
